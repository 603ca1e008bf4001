using System.Runtime.InteropServices;

namespace Enkryptify.Gateway.Secrets;

/// <summary>
/// Entries found by a number, as bytes in a ring of pieces. When the last piece is full, room is made in the oldest: what was asked for since it was last
/// looked at stays, up to half of it, and the rest is forgotten. An entry that is put anew stays where it lies as long as it fits.
/// <para>
/// Nothing in it is an object of the garbage collector's, however many entries there are: a hundred thousand small arrays take twice the memory, are visited by
/// every full collection, and leave holes where they are replaced. Not thread-safe.
/// </para>
/// </summary>
/// <param name="capacity">Bytes; rounded up to whole pieces.</param>
internal sealed class ByteRing(long capacity)
{
    public const int PieceBytes = 256 * 1024;

    /// <summary>The most bytes of one entry.</summary>
    public const int MostBytes = ushort.MaxValue;

    private readonly Piece[] pieces = new Piece[Math.Max(1, (capacity + PieceBytes - 1) / PieceBytes)];
    private readonly Dictionary<ulong, Place> places = [];
    private int newest;

    public int Count => places.Count;

    /// <summary>What is there, valid until the next change; empty when nothing is.</summary>
    public ReadOnlySpan<byte> Find(ulong number)
    {
        if (!places.TryGetValue(number, out var place))
        {
            return default;
        }

        ref var head = ref HeadAt(place);
        head.Asked = true;
        return pieces[place.Piece].Bytes.AsSpan(place.Offset + Head.Bytes, head.Used);
    }

    /// <summary>As if it had not been asked for.</summary>
    public void Disregard(ulong number)
    {
        if (places.TryGetValue(number, out var place))
        {
            HeadAt(place).Asked = false;
        }
    }

    public void Put(ulong number, ReadOnlySpan<byte> entry)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(entry.Length, MostBytes);
        if (places.TryGetValue(number, out var place) && HeadAt(place).Room >= entry.Length)
        {
            HeadAt(place).Used = (ushort)entry.Length;
            entry.CopyTo(pieces[place.Piece].Bytes.AsSpan(place.Offset + Head.Bytes));
            return;
        }

        places.Remove(number);
        if (pieces[newest].Used + Head.Bytes + entry.Length > PieceBytes)
        {
            newest = (newest + 1) % pieces.Length;
            MakeRoom(newest);
        }

        ref var piece = ref pieces[newest];
        piece.Bytes ??= GC.AllocateUninitializedArray<byte>(PieceBytes);
        place = new Place(newest, piece.Used);
        HeadAt(place) = new Head { Number = number, Room = (ushort)entry.Length, Used = (ushort)entry.Length };
        entry.CopyTo(piece.Bytes.AsSpan(piece.Used + Head.Bytes));
        piece.Used += Head.Bytes + entry.Length;
        places[number] = place;
    }

    public void Remove(ulong number) => places.Remove(number);

    /// <summary>Moves what stays of a piece to its front.</summary>
    private void MakeRoom(int index)
    {
        ref var piece = ref pieces[index];
        var (end, kept) = (piece.Used, 0);
        for (var offset = 0; offset < end;)
        {
            var head = HeadAt(new Place(index, offset));
            var length = Head.Bytes + head.Room;

            // An entry that grew or was removed lies here still; its number leads elsewhere or nowhere.
            if (places.TryGetValue(head.Number, out var place) && place == new Place(index, offset))
            {
                if (head.Asked && kept + length <= PieceBytes / 2)
                {
                    piece.Bytes.AsSpan(offset, length).CopyTo(piece.Bytes.AsSpan(kept));
                    place = new Place(index, kept);
                    HeadAt(place).Asked = false;
                    places[head.Number] = place;
                    kept += length;
                }
                else
                {
                    places.Remove(head.Number);
                }
            }

            offset += length;
        }

        piece.Used = kept;
    }

    private ref Head HeadAt(Place place) => ref MemoryMarshal.AsRef<Head>(pieces[place.Piece].Bytes.AsSpan(place.Offset));

    private readonly record struct Place(int Piece, int Offset);

    private struct Piece
    {
        public byte[]? Bytes;
        public int Used;
    }

    /// <summary>What lies before each entry.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct Head
    {
        public const int Bytes = sizeof(ulong) + (2 * sizeof(ushort)) + sizeof(bool);

        public ulong Number;
        public ushort Room;
        public ushort Used;
        public bool Asked;
    }
}
