// The classes that the templates become: Dashboard/SignIn/SignInView.cshtml is Slices.Dashboard_SignIn_SignInView.
global using Slices = AspNetCoreGeneratedDocument;
